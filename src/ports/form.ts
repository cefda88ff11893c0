import type { PlainTextId } from '#src/texts/texts.ts';

/** A form that one person fills in. */
export type Form = {
  /** Name of its handler; what follows a colon the handler finds in `words.about`. */
  readonly name: string;
  readonly title: PlainTextId;
  /** Five at most. */
  readonly inputs: readonly FormInput[];
};

/** One text that is typed into a form. */
export type FormInput = {
  readonly name: string;
  readonly label: PlainTextId;
  /** At most 100 characters. */
  readonly description?: PlainTextId;
  /** In several lines. */
  readonly isLong?: boolean;
  readonly isRequired?: true;
  readonly maxChars: number;
  /** Initial value. */
  readonly value?: string;
};
