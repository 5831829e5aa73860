// Elements of the form, and how its texts are counted.

/** Make an element: `text` is its text, every other key an attribute. */
function part(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "text") node.textContent = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

/** Characters as Python counts them: code points, not UTF-16 halves. */
const lengthOf = (text) => [...text].length;
const grouped = (number) => number.toLocaleString("en-US");
