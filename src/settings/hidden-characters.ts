/** Controls, directions of writing, tags, private and unassigned characters; joiners aside, which many scripts and emoji need. */
const unseen = /[^\P{C}\n\t\u200C\u200D]/u;
/** Letters without a shape, and selectors of shapes that no text needs. */
const shapeless = /\u115F|\u1160|\u2800|\u3164|\uFFA0|[\u{FE00}-\u{FE0E}]|[\u{E0100}-\u{E01EF}]/u;
/** Several joiners in a row join nothing. */
const idle = /(?:\u200C|\u200D){2}|\uFE0F{2}/u;

/** Whether a text holds characters that a model reads and a person does not see. */
export function hasHiddenCharacters(text: string): boolean {
  return unseen.test(text) || shapeless.test(text) || idle.test(text);
}
