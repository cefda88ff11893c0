/** Work of a thread on the file that it is given. */
export type ToolWork = {
  readonly path: string;
  /** Folder outside of which no code of the file may lie. */
  readonly folder: string;
  /** Arguments; left out: it is only asked for its description. */
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
