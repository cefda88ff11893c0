import type { PlainTextId, TextLine } from '#src/texts/texts.ts';

/** Discord's marks of a mention, by the kind that the id names. */
export const mentionMarks = {
  'text-channel': '#',
  'voice-channel': '#',
  role: '@&',
  person: '@',
} as const;
export type NamedById = keyof typeof mentionMarks;
export type MentionMark = (typeof mentionMarks)[NamedById];

/** A menu on a message, from which one person picks. */
export type Picker = {
  /** Name of its handler; what follows a colon the handler finds in `words.about`. */
  readonly name: string;
  /** Shown where nothing is chosen. */
  readonly placeholder: TextLine;
  /** Fewest and most values that may be picked, 25 at most. */
  readonly min: number;
  readonly max: number;
} & (
  | {
      readonly kind: 'one-of';
      /** From 1 to 25. */
      readonly options: readonly PickerOption[];
    }
  /** Discord's own menu, with names; `chosen`: ids. */
  | { readonly kind: NamedById; readonly chosen: readonly string[] }
);

export type PickerOption = {
  readonly value: string;
  /** At most 100 characters, as `description`. */
  readonly label: string;
  readonly description?: PlainTextId;
  readonly isChosen?: boolean;
};
