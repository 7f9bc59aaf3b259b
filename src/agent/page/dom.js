// Small tools for the document. Text from a card is set as text, never as markup.

/**
 * The element of an id, which the page has.
 * @template {Element} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function the(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id}`);
  return /** @type {T} */ (/** @type {unknown} */ (found));
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, string | boolean | undefined>} [attributes]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/**
 * Puts the pictures into the document, where whatever refers to them shows them at once. A reference to their
 * file would ask for it anew with each picture, since nothing of a page is stored.
 */
export async function hangPictures() {
  const answer = await fetch("pictures.svg");
  const { documentElement } = new DOMParser().parseFromString(await answer.text(), "image/svg+xml");
  documentElement.setAttribute("hidden", "");
  document.body.append(document.importNode(documentElement, true));
}

/** @param {string} name of a symbol in pictures.svg @param {string} className */
export function picture(name, className) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#picture-${name}`);
  svg.append(use);
  return svg;
}

/** @param {string} id of a `use` @param {string} name */
export function turnPicture(id, name) {
  the(id).setAttribute("href", `#picture-${name}`);
}

/** @param {Element} element @param {string} text */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Says a sentence to who listens instead of looking. The same sentence twice is said twice.
 * @param {string} text
 * @param {"status" | "alert"} [where]
 */
export function announce(text, where = "status") {
  const region = the(where);
  region.replaceChildren();
  region.append(document.createTextNode(text));
}
