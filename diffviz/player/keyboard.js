// What keys mean to all that listens for them.

/** Where an arrow leads, in columns and rows of what is on screen. */
export const ARROWS = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });

const TYPED = "input:not([type=checkbox], [type=range], [type=radio]), textarea, select, [role=listbox], [role=option], [role=menu], [contenteditable]";

/** Does a key belong to what takes text or opens a list? @param {KeyboardEvent} event */
export const isTyped = ({ target }) => target instanceof Element && target.closest(TYPED) !== null;
