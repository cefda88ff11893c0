/** Effect of forgetting a person on copies of the stores. */
export type CopiesOutcome =
  /** No accessible copy holds them; one that is restored within `days` loses them again, by a hash of their id. */
  | { readonly kind: 'erased'; readonly days: number }
  /** Copies may hold them until the operator deletes those. */
  | { readonly kind: 'kept' };

/** Copies of the stores, made for the case of their loss; storage implements it. */
export interface StoreCopies {
  /**
   * Forgets a person in the copies. Called before the stores themselves are erased, so that a process that is killed
   * meanwhile leaves a note for the next one, and after it, so that no copy made meanwhile holds the person. Errors:
   * BotError `store.unwritable`.
   */
  forget(guildId: string, personId: string): Promise<CopiesOutcome>;
}
