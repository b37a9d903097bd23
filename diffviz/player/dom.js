// Small helpers for elements.

import { lowered } from "./digits.js";

/**
 * An element with a class and what it holds, HTML or elements.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {string} className @param {(string | Node)[]} content a string is HTML
 */
export function make(tag, className = "", ...content) {
  const element = document.createElement(tag);
  element.className = className;
  for (const part of content) {
    if (typeof part === "string") element.insertAdjacentHTML("beforeend", part);
    else element.append(part);
  }
  return element;
}

/** @param {string} className @param {string} html @param {string} name @param {() => void} action */
export function makeButton(className, html, name, action) {
  const button = make("button", className, html);
  button.type = "button";
  button.setAttribute("aria-label", name);
  button.addEventListener("click", action);
  return button;
}

/** The element, which is there. @param {Element} root @param {string} selector @returns {any} */
export function find(root, selector) {
  const element = root.querySelector(selector);
  if (!element) throw new Error(`no ${selector}`);
  return element;
}

/** Written only when it changes. @param {HTMLElement} element @param {string} html */
export function write(element, html) {
  if (written.get(element) === html) return;
  written.set(element, html);
  if (/[<&]/.test(html)) element.innerHTML = html;
  else element.textContent = html; // without the parser
}
/** @type {WeakMap<HTMLElement, string>} */
const written = new WeakMap();

/** HTML as plain text, with sub- and superscripts as they come. @param {string} html */
export const plain = (html) => html.replace(/<[^>]*>/g, "").replace(/&nbsp;/g, " ").replace(/&lt;/g, "<").replace(/&amp;/g, "&");

/** HTML as a line of text, for what knows no HTML: xₜ and x₀ stay what they are. @param {string} html */
export const inLine = (html) => plain(html.replace(/<sub>([0-9]+|t)<\/sub>/g, (_, index) => (index === "t" ? "ₜ" : lowered(index))));
