/** A text in which each character is visible: invisible ones become escapes, which mean the same in JSON. */
export function escapeInvisible(text: string): string {
  return text.replace(unseen, (part) =>
    part.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

/** Characters without a shape of their own, fillers, unusual spaces, and more marks on one letter than any script stacks. */
const unseen =
  /[^\P{C}\n]|[\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0]|[^\P{Zs} ]|(?<=\p{M}{4})\p{M}+/gu;
