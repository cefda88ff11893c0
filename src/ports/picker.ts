import type { PlainTextId, TextLine } from '#src/texts/texts.ts';

/** Signs of Discord's mentions, as in `<@&ID>`. Source: https://discord.com/developers/docs/reference#message-formatting */
export const mentionMarks = {
  'text-channel': '#',
  'voice-channel': '#',
  role: '@&',
  person: '@',
} as const;
export type NamedById = keyof typeof mentionMarks;
export type MentionMark = (typeof mentionMarks)[NamedById];

/** A menu of Discord from which a person picks one or several entries. */
export type Picker = {
  /** Name of its handler. Text after a colon becomes `words.about`. */
  readonly name: string;
  readonly placeholder: TextLine;
  /** At most 25. */
  readonly min: number;
  readonly max: number;
} & (
  | {
      readonly kind: 'one-of';
      /** 1 to 25. */
      readonly options: readonly PickerOption[];
    }
  /** Discord's own menu. `chosen` has ids. */
  | { readonly kind: NamedById; readonly chosen: readonly string[] }
);

export type PickerOption = {
  readonly value: string;
  /** At most 100 characters, like `description`. */
  readonly label: string;
  readonly description?: PlainTextId;
  readonly isChosen?: boolean;
};
