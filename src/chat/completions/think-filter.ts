/** Longest tag is `</thinking>`; a tail that could still become one is held back. */
const tag = /<(\/?)think(?:ing)?>/i;
const partialTag = /<(?:\/?(?:t(?:h(?:i(?:n(?:k(?:i(?:n(?:g)?)?)?)?)?)?)?)?)?$/i;

/**
 * Drops text between `<think>` and `</think>`, also where the tags are cut by pieces.
 *
 * The white space after a closing tag goes too. Of a closing tag without an opening one only the tag is dropped.
 */
export class ThinkFilter {
  #held = '';
  #thinking = false;
  #trimming = true;

  /** Text that may be shown so far, beyond the text returned before. */
  push(text: string): string {
    this.#held += text;
    let shown = '';
    for (let found = tag.exec(this.#held); found; found = tag.exec(this.#held)) {
      shown += this.#show(this.#held.slice(0, found.index));
      this.#thinking = found[1] === '';
      this.#trimming = true;
      this.#held = this.#held.slice(found.index + found[0].length);
    }
    const safe = this.#held.length - (partialTag.exec(this.#held)?.[0].length ?? 0);
    shown += this.#show(this.#held.slice(0, safe));
    this.#held = this.#held.slice(safe);
    return shown;
  }

  /** The rest, once the model has finished. A thought that was never closed is not shown. */
  flush(): string {
    const rest = this.#show(this.#held);
    this.#held = '';
    return rest;
  }

  #show(text: string): string {
    if (this.#thinking) return '';
    const shown = this.#trimming ? text.trimStart() : text;
    if (shown !== '') this.#trimming = false;
    return shown;
  }
}
