/** Who talks in the channel of one session, over the link that is open. */
export class LiveTalkers {
  #read: (() => readonly string[]) | undefined;

  /** Sets what tells the ids of those who talk; undefined: no link is open. */
  attach(read: (() => readonly string[]) | undefined): void {
    this.#read = read;
  }

  /** Nobody talks who is heard there; false where no link is open. */
  get isQuiet(): boolean {
    return this.#read?.().length === 0;
  }
}
