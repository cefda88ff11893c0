import type { PlainTextId } from '#src/texts/texts.ts';

/** A dialog of Discord with inputs, which a button or a command opens. */
export type Form = {
  /** Name of its handler. Text after a colon becomes `words.about`. */
  readonly name: string;
  readonly title: PlainTextId;
  /** Five at most (https://discord.com/developers/docs/components/reference). */
  readonly inputs: readonly FormInput[];
};

export type FormInput = {
  readonly name: string;
  readonly label: PlainTextId;
  /** At most 100 characters. */
  readonly description?: PlainTextId;
  readonly isLong?: boolean;
  readonly isRequired?: true;
  readonly maxChars: number;
  readonly value?: string;
};
