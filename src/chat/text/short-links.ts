/** Enough to be known as an address, too short to burst a clause. */
const longestChars = 40;
const address = /https?:\/\/|www\./i;
const addressEnd = /[a-z0-9/]$/i;
/** May end an address, or stand in its middle. */
const mark = /^[)\]>"'`*_.,;:!?]$/;

/**
 * Shortens every address of a streamed text to 40 characters, whatever the pieces: nobody hears it, and a clause must
 * not end in its middle. What closes it stays.
 */
export class ShortLinks {
  /** The end of what was given so far, up to the last character that no address holds. */
  #run = '';
  #marks = '';

  push(text: string): string {
    return [...text].map((one) => this.#take(one)).join('');
  }

  flush(): string {
    const rest = this.#marks;
    this.#marks = '';
    this.#run = '';
    return rest;
  }

  #take(one: string): string {
    if (!/^[!-~]$/.test(one)) return this.flush() + one;
    const start = this.#run.search(address);
    const addressChars = start < 0 || !addressEnd.test(this.#run) ? 0 : this.#run.length - start;
    const isLong = addressChars >= longestChars;
    if (!isLong) {
      this.#run = (this.#run + one).slice(-2 * longestChars);
      return one;
    }
    this.#marks = mark.test(one) ? this.#marks + one : '';
    return '';
  }
}
