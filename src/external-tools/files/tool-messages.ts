/** Work of a thread on the file that it is given. */
export type ToolWork = {
  readonly path: string;
  /** Nothing of the file's own code may come from elsewhere. */
  readonly folder: string;
  /** Left out: it is only asked what it is. */
  readonly given?: Readonly<Record<string, unknown>>;
};

/** Description that a file exports; its reader checks it. */
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
  /** Result as JSON; undefined where it gives none. */
  | { readonly kind: 'result'; readonly json: string | undefined }
  /** `why` is the first line of its error. */
  | { readonly kind: 'threw'; readonly why: string };
