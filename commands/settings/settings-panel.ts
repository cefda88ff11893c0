import { splitIntoBatches } from '#src/base/batches.ts';
import type { Reply } from '#src/features/command.ts';
import type { NamedById, Picker, PickerOption } from '#src/ports/picker.ts';
import {
  type CurrentSetting,
  findMentionMark,
  getAboutId,
  noHindrances,
  parseSetting,
  type SettingChoices,
  type SettingInput,
  type SettingsView,
} from '#src/settings/setting-definition.ts';
import { getLanguageName, offeredLanguages } from '#src/texts/language-names.ts';
import { Mentions, truncate } from '#src/texts/plain-text.ts';
import {
  formatText,
  type PlainTextId,
  type TextLine,
  type TextValue,
} from '#src/texts/texts.ts';

/** Source: https://discord.com/developers/docs/components/reference#string-select */
const [rowOptions, mostRows] = [25, 3];
/** Most characters of a value that Discord keeps with an option. */
const maxValueChars = 100;
const maxElsewhereLines = 5;

const mainKeys = [
  'addressing',
  'pipeline',
  'consent',
  'roles',
  'voice',
  'language',
  'captions',
  'auto_join',
  'budget_day',
];

type ValueLimits = { readonly chars: number; readonly ids: number };
const groupPickerName: ValueLimits = { chars: 60, ids: 2 };
const aloneKeys: ValueLimits = { chars: 300, ids: 40 };

export function buildHomePage(
  view: SettingsView,
  news: readonly TextLine[] = [],
): Reply {
  const asked = mainKeys.flatMap((key) => toSettingLine(key, view) ?? []);
  const lines = asked.map((now): TextLine => {
    const question = formatText(getAboutId(now.setting));
    return {
      id: 'settings.own',
      with: { key: question, value: formatShownValue(now, groupPickerName) },
    };
  });
  const options = asked.map(({ setting }) => ({
    value: setting.key,
    label: formatText(getAboutId(setting)),
  }));
  const groups = listGroups(view).map(([group]) => ({
    value: group,
    label: formatText(group),
  }));
  return findPage([...news, ...lines], view, {
    pickers: [
      ...formatNamed(
        'settings.open',
        splitIntoMenus(options, { id: 'settings.pick.value' }),
      ),
      ...formatNamed(
        'settings.group',
        splitIntoMenus(groups, { id: 'settings.pick.group' }),
      ),
    ],
  });
}

export function buildGroupPage(group: string, view: SettingsView): Reply {
  const found = listGroups(view).find(([id]) => id === group);
  if (!found) return buildHomePage(view, group === '' ? [] : [{ id: 'confirm.over' }]);
  const [id, all] = found;
  const lines = all.flatMap((now): readonly TextLine[] => [
    toNowLine(now, groupPickerName),
    { id: getAboutId(now.setting) },
  ]);
  const options = all.map(({ setting }) => ({
    value: setting.key,
    label: setting.key,
    description: getAboutId(setting),
  }));
  const pickers = splitIntoMenus(options, { id: 'settings.pick.value' });
  return findPage([{ id }, ...lines], view, {
    pickers: formatNamed('settings.open', pickers),
    buttons: ['settings.group:'],
  });
}

export function buildSettingPage(
  key: string,
  view: SettingsView,
  news: readonly TextLine[],
): Reply {
  const now = toSettingLine(key, view);
  if (!now)
    return buildHomePage(view, news.length > 0 ? news : [{ id: 'confirm.over' }]);
  const { elsewhere, from, setting } = now;
  const more = elsewhere.length - maxElsewhereLines;
  const meaning = findMeaning(setting, now.value);
  const lines: readonly TextLine[] = [
    ...(meaning ? [{ id: meaning }] : []),
    { id: getAboutId(setting) },
    ...elsewhere.slice(0, maxElsewhereLines),
    ...(more > 0 ? [{ id: 'track.waiting.more', with: { n: more } } as const] : []),
  ];
  const pickers = setting.inputs.flatMap((input, n) =>
    formatNamed(`settings.pick:${key}:${n}`, buildMenus(input, now, view.choices)),
  );
  const isTyped = setting.inputs.some(({ kind }) => kind === 'typed');
  return findPage([...news, toNowLine(now, aloneKeys), ...lines], view, {
    pickers,
    buttons: [
      ...(isTyped ? [`settings.type:${key}`] : []),
      ...(from === 'server' ? [`settings.reset:${key}`] : []),
      `settings.group:${setting.group}`,
    ],
  });
}

export function toSettingLine(
  key: string,
  { all }: SettingsView,
): CurrentSetting | undefined {
  return all.find((one) => one.key === key);
}

/** Joins the picks of all rows of an input, with `picked` in one of them. */
export function formatValue(
  input: SettingInput,
  row: number,
  picked: readonly string[],
  { value }: CurrentSetting,
): string {
  switch (input.kind) {
    case 'one-of':
    case 'typed':
      return picked[0] ?? '';
    case 'language': {
      if (input.max === 1) return picked[0] ?? noHindrances;
      const offered: readonly string[] = splitIntoRows(listLanguages(value))[row] ?? [];
      const others = formatList(value).filter((tag) => !offered.includes(tag));
      return [...others, ...picked].join(', ') || noHindrances;
    }
    default: {
      const ids = parseIds(value);
      const [from, to] = [row * rowOptions, (row + 1) * rowOptions];
      const all = [...ids.slice(0, from), ...picked, ...ids.slice(to)];
      return all.length === 0 ? noHindrances : `${input.before ?? ''}${all.join(', ')}`;
    }
  }
}

type Group = readonly [CurrentSetting['setting']['group'], readonly CurrentSetting[]];

function listGroups({ all }: SettingsView): readonly Group[] {
  return [...Map.groupBy(all, ({ setting }) => setting.group)];
}

function findPage(
  lines: readonly TextLine[],
  { isLoaded }: SettingsView,
  controls: Pick<Reply, 'pickers' | 'buttons'>,
): Reply {
  const all: readonly TextLine[] = isLoaded
    ? lines
    : [...lines, { id: 'settings.unread' }];
  const [first = { id: 'confirm.over' } as const, ...rest] = all;
  return { ...first, lines: rest, ...controls, inPlace: true };
}

function toNowLine(now: CurrentSetting, limits: ValueLimits): TextLine {
  const { key, from } = now;
  const value = formatShownValue(now, limits);
  const source = formatText(`settings.from.${from}`);
  return { id: 'settings.now', with: { key, value, from: source } };
}

function formatShownValue(
  { setting, value }: CurrentSetting,
  { chars, ids: most }: ValueLimits,
): TextValue {
  if (value === '') return formatText('settings.empty');
  const mark = findMentionMark(setting);
  const ids = parseIds(value);
  if (mark !== undefined && ids.length > 0) {
    const shown = ids.length > most ? `${ids.slice(0, most).join(', ')} \u2026` : value;
    return new Mentions(shown, mark);
  }
  const isLanguage =
    value !== noHindrances && setting.inputs.some((input) => input.kind === 'language');
  const languages = () => formatList(value).map((tag) => getLanguageName(tag));
  return truncate(isLanguage ? languages().join(', ') : value, chars);
}

type InputById = Extract<SettingInput, { readonly kind: NamedById }>;

type Menu = Picker extends infer One
  ? One extends Picker
    ? Omit<One, 'name'>
    : never
  : never;

function formatNamed(name: string, menus: readonly Menu[]): readonly Picker[] {
  return menus.map((menu, row) => ({ ...menu, name: `${name}:${row}` }));
}

function buildMenus(
  input: SettingInput,
  now: CurrentSetting,
  choices: SettingChoices,
): readonly Menu[] {
  switch (input.kind) {
    case 'typed':
      return [];
    case 'one-of':
      return splitIntoMenus(listOptions(now, choices), { id: 'settings.pick.value' });
    case 'language': {
      const { max } = input;
      const chosen = new Set(now.value.split(', '));
      const options = [
        ...(max === 1 ? [noHindrances] : []),
        ...listLanguages(now.value),
      ].map((tag) => ({
        value: tag,
        label: tag === noHindrances ? noHindrances : getLanguageName(tag),
        isChosen: chosen.has(tag),
      }));
      return splitIntoMenus(options, { id: 'settings.pick.value' }, max);
    }
    default:
      return buildIdMenus(input, now);
  }
}

/** Builds menus of 25 ids each, with a further row once all are full. */
function buildIdMenus(
  { kind, max, before }: InputById,
  { value }: CurrentSetting,
): readonly Menu[] {
  const ids = parseIds(value);
  const rows = Math.min(
    Math.ceil(max / rowOptions),
    Math.floor(ids.length / rowOptions) + 1,
  );
  return Array.from({ length: rows }, (_, row) => {
    const from = row * rowOptions;
    return {
      kind,
      placeholder: { id: 'settings.pick.value' },
      min: before === undefined ? 0 : 1,
      max: Math.min(rowOptions, max - from),
      chosen: ids.slice(from, from + rowOptions),
    };
  });
}

/** Meaning and cost of a choice, by setting and value. */
const meaningTexts: Readonly<Record<string, PlainTextId>> = {
  'pipeline chained': 'settings.means.chained',
  'pipeline audio-model': 'settings.means.audio-model',
  'pipeline realtime': 'settings.means.realtime',
  'addressing auto': 'settings.means.auto',
  'addressing name': 'settings.means.name',
  'addressing window': 'settings.means.window',
  'addressing always': 'settings.means.always',
  'addressing off': 'settings.means.off',
};

function findMeaning(
  { key }: CurrentSetting['setting'],
  value: string,
): PlainTextId | undefined {
  return meaningTexts[`${key} ${value}`];
}

function listOptions(
  { setting, value }: CurrentSetting,
  choices: SettingChoices,
): readonly PickerOption[] {
  const values = [...new Set(setting.listValues(choices))];
  return values
    .filter((one) => one !== '' && one.length <= maxValueChars)
    .map((one) => {
      const read = parseSetting(setting, one, choices);
      return {
        value: one,
        label: one,
        description: findMeaning(setting, one),
        isChosen: read.kind === 'ok' && setting.formatValue(read.value) === value,
      };
    });
}

function splitIntoMenus(
  options: readonly PickerOption[],
  line: TextLine,
  most = 1,
): readonly Menu[] {
  const rows = splitIntoRows(options);
  if (rows.length > mostRows) return [];
  return rows.map((row): Menu => {
    const range: TextLine = {
      id: 'settings.pick.range',
      with: { first: row[0].label, last: row.at(-1)?.label ?? '' },
    };
    return {
      kind: 'one-of',
      placeholder: rows.length > 1 ? range : line,
      min: most === 1 ? 1 : 0,
      max: Math.min(most, row.length),
      options: row,
    };
  });
}

function splitIntoRows<One>(all: readonly One[]) {
  return splitIntoBatches(all, () => 1, { maxSize: rowOptions });
}

function listLanguages(value: string): readonly string[] {
  const set = formatList(value).filter((tag) => tag !== noHindrances);
  return [...new Set([...offeredLanguages, ...set])];
}

function formatList(value: string): readonly string[] {
  return value === noHindrances ? [] : value.split(', ');
}

function parseIds(value: string): readonly string[] {
  return value.match(/\d{15,21}/g) ?? [];
}
