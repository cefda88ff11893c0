/** What a thread is to do with the file it is given. */
export type ToolWork = {
  readonly path: string;
  /** Nothing of the file's own code may come from elsewhere. */
  readonly folder: string;
  /** Left out: it is only asked what it is. */
  readonly given?: Readonly<Record<string, unknown>>;
};

/** What a file says of itself; whoever reads it checks it. */
export type ToolDescription = {
  readonly description: unknown;
  readonly parameters: unknown;
  readonly who: unknown;
  readonly confirm: unknown;
  readonly deadlineSeconds: unknown;
  readonly resultCharacters: unknown;
};

export type FromTool =
  | { readonly kind: 'described'; readonly tool: ToolDescription }
  /** As JSON; undefined where it gives nothing. */
  | { readonly kind: 'result'; readonly json: string | undefined }
  /** `why` is the first line of its error. */
  | { readonly kind: 'threw'; readonly why: string };
