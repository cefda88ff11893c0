export type PersonaCaller = {
  readonly guildId: string;
  readonly id: string;
  readonly mayManage: boolean;
};

export type PersonaSaving =
  /** `saved` is false where it holds until the process ends. */
  | { readonly kind: 'saved'; readonly saved: boolean }
  /** `known`: names there are. */
  | { readonly kind: 'unknown-voice'; readonly known: readonly string[] };
