/**
 * Latest word of a person in one server, beyond one session. All but `always` are a no: `forgetting` while everything about the
 * person is being erased, `forgotten` from then on.
 */
export type StoredConsent = { readonly kind: 'always' | 'never' | 'forgetting' | 'forgotten' };

/** A no of a person, or their choice to be left out of captions. */
export type StoredNo = {
  readonly guildId: string;
  readonly personId: string;
  readonly kind: Exclude<StoredConsent['kind'], 'always'> | 'left-out';
};

/** Stored rows by the name of their table; their fields have the names of its columns. */
export type StoredRows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** Stores people's consents across restarts; storage implements it. */
export interface ConsentStore {
  /** Stored consents by person id. Errors: BotError `store.unreadable`: then no person agreed. */
  read(guildId: string): Promise<ReadonlyMap<string, StoredConsent>>;
  /** Errors: BotError `store.unwritable`. */
  write(guildId: string, personId: string, standing: StoredConsent): Promise<void>;
  /**
   * Every no in these servers, so that it counts in a process that did not hear it; undefined where no other process writes.
   * Errors: BotError `store.unreadable`.
   */
  noes(guildIds: readonly string[]): Promise<readonly StoredNo[] | undefined>;
  /** People of whom not everything is erased yet. Errors: BotError `store.unreadable`. */
  forgetting(): Promise<readonly Pick<StoredNo, 'guildId' | 'personId'>[]>;
  /** Deletes each yes for a day, which former versions stored; how many. Errors: BotError `store.unwritable`. */
  dropDays(): Promise<number>;
  /** Number of stored items about this person in this server. Errors: BotError `store.unreadable`. */
  count(guildId: string, personId: string): Promise<number>;
  /** All stored rows about this person in this server, of each table that has some about persons. Errors: BotError `store.unreadable`. */
  rowsAbout(guildId: string, personId: string): Promise<StoredRows>;
  /**
   * Deletes everything about this person in this server but the row that they were forgotten, so that not a byte of it stays in
   * the files; how many items.
   * Errors: BotError `store.unwritable`.
   */
  erase(guildId: string, personId: string): Promise<number>;
}
