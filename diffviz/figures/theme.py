"""Colours and their meaning, the same everywhere (Okabe & Ito 2008: told apart by colour-blind eyes)."""

FORWARD = "#0072B2"  # data to noise
REVERSE = "#D55E00"  # noise to data

A, B = "#009E73", "#CC79A7"  # the two sides of a comparison

SERIES = ("#0072B2", "#D55E00", "#E69F00", "#56B4E9", "#777777")  # further lines, beside ink and the two sides

# On the page, colours follow the theme: the player replaces these names (player.css has the values, of the same hues).
PAGE_FORWARD = "var(--dv-forward)"
PAGE_REVERSE = "var(--dv-reverse)"
PAGE_A, PAGE_B = "var(--dv-a)", "var(--dv-b)"
PAGE_A_BAND, PAGE_B_BAND = "var(--dv-a-band)", "var(--dv-b-band)"  # of their errors
PAGE_FORWARD_FILL, PAGE_REVERSE_FILL = "var(--dv-forward-fill)", "var(--dv-reverse-fill)"  # under stairs
INK = "var(--dv-ink)"  # the truth, dashed
MUTED = "var(--dv-muted)"
GRID = "var(--dv-grid)"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"

# matplotlib exports are light, for slides
EXPORT_INK, EXPORT_MUTED, EXPORT_GRID = "#1b1f24", "#6a737d", "#e3e6ea"
VIEW = 3.2  # half the width of both panels, in standard deviations of the data

# the same meanings in files
EXPORT = {
    PAGE_FORWARD: FORWARD,
    PAGE_REVERSE: REVERSE,
    PAGE_A: A,
    PAGE_B: B,
    INK: EXPORT_INK,
    MUTED: EXPORT_MUTED,
}
