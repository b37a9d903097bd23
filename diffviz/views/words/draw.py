"""Words, for films and sheets: rows of tiles with letters, shaded by what the denoiser says of them."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from diffviz.domains.words.lists import FILL, LENGTH, LETTERS, MASK
from diffviz.engine import Setup
from diffviz.figures.moments import visited
from diffviz.figures.scenes import COLOURS, ImagePanel, PanelRow, Scene, Size
from diffviz.figures.theme import EXPORT_GRID, EXPORT_INK, EXPORT_MUTED
from diffviz.trajectory import Trajectory
from diffviz.views.words.sent import unlisted

WIDE, HIGH = 22, 26  # of a tile, in pixels
BESIDE = 2  # tiles behind a word: where it has its cross if it is not on the list, and to the next column
SHARE = 0.62  # of the colour, where the denoiser is certain
PLAIN = 0.4  # and of a letter that has no such shade
SMALL, ROWS = 16, (8, 12)  # pictures in a panel up to which it is a small one; rows of its one column, and of two in a large one
INK_SHARE = 0.3  # of the shade of letters that are only probable, whose colour is that of ink
HEADS = {"forward": "forward  $x_t$", "reverse": "reverse  $x_t$", "x0_hat": "most probable letters  $\\hat{x}_0$"}
CROSS = MASK + 1

Picture = NDArray[np.uint8]


@cache
def letters() -> NDArray[np.float64]:
    """[29, HIGH, WIDE] how much of each pixel is ink: of a to z, the sign of a word's end, the mask's nothing, and the cross."""
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), int(0.7 * HIGH))
    sheets = []
    for sign in (*LETTERS, "·", "", "×"):
        sheet = Image.new("L", (WIDE, HIGH), 0)
        ImageDraw.Draw(sheet).text((WIDE / 2, 0.72 * HIGH), sign, 255, font, anchor="ms")
        sheets.append(np.asarray(sheet, np.float64) / 255.0)
    return np.stack(sheets)


def _frame(inset: int) -> NDArray[np.bool_]:
    """[HIGH, WIDE] a line so many pixels within a tile's edge."""
    found = np.zeros((HIGH, WIDE), bool)
    found[inset : HIGH - inset, inset : WIDE - inset] = True
    found[inset + 1 : HIGH - inset - 1, inset + 1 : WIDE - inset - 1] = False
    return found


def tiles(x: NDArray[np.floating], shade: NDArray[np.floating], colour: str, crossed: NDArray[np.bool_], columns: int) -> Picture:
    """[high, wide, 3]: words of symbols [N, 8], with shades [N, 8] of the colour from 0 to 1, in columns; crossed: [N]."""
    count = len(x)
    rows = -(-count // columns)
    grid = np.full((columns * rows, LENGTH + BESIDE), MASK)
    grid[:count, :LENGTH] = x
    grid[:count, LENGTH][crossed] = CROSS
    shaded = np.zeros(grid.shape)
    shaded[:count, :LENGTH] = SHARE * shade
    paper, ink, muted, line = np.ones(3), *(np.array(to_rgb(each)) for each in (EXPORT_INK, EXPORT_MUTED, EXPORT_GRID))
    picture = paper + shaded[..., None, None, None] * (np.array(to_rgb(colour)) - paper) * np.ones((HIGH, WIDE, 1))
    empty = np.zeros(grid.shape, bool)
    empty[:count, :LENGTH] = x == MASK
    picture[empty] = np.where(_frame(1)[..., None], line, picture[empty])
    picture[:, :, _frame(0)] = paper
    covered = letters()[grid][..., None]
    picture += covered * (np.where((grid == FILL)[..., None, None, None], muted, ink) - picture)
    picture = picture.reshape(columns, rows, LENGTH + BESIDE, HIGH, WIDE, 3).transpose(1, 3, 0, 2, 4, 5)
    return np.rint(255.0 * picture).astype(np.uint8).reshape(rows * HIGH, columns * (LENGTH + BESIDE) * WIDE, 3)


def draw(setup: Setup, run: Trajectory, layers: tuple[str, ...], pair: bool) -> Scene:
    """A run as files show it: of one all panels, of two what comes back or the layer in its place."""

    def panel(name: str) -> PanelRow:
        def make(axes: Axes, size: Size) -> ImagePanel:
            columns = 1 if size.most <= SMALL else 2
            count = min(columns * ROWS[columns - 1], len(run.forward[0]))

            def picture(t: int) -> Picture:
                if name == "forward":
                    x = run.forward[t, :count]
                    shade, crossed = np.where(x < FILL, PLAIN, 0.0), np.zeros(count, bool)
                else:
                    index = visited(run, t)
                    told, x = run.x0_hat[index, :count], run.reverse[index, :count]
                    shade, crossed = told[..., 1], unlisted(setup, x)
                    x, shade = (told[..., 0], INK_SHARE * shade) if name == "x0_hat" else (x, shade)
                return tiles(x, shade, COLOURS[name], crossed & (name == "reverse"), columns)

            high, wide, _ = picture(0).shape
            return ImagePanel(axes, picture, (high, wide))

        return PanelRow(name, HEADS[name], make)

    names = ("forward", *(layers or ("reverse",))) if pair else ("forward", "reverse", "x0_hat")
    return Scene(tuple(map(panel, names)), legend="shade: probability of the most probable letter; ×: not on the list")
