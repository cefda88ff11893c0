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
  toOptionalLines,
} from '#src/texts/texts.ts';

/** Source: https://discord.com/developers/docs/components/reference#string-select */
const [maxRowOptions, maxRows] = [25, 3];
/** Discord keeps no longer value with an option. */
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

type ValueLimits = { readonly maxChars: number; readonly maxIds: number };
const shortValueLimits: ValueLimits = { maxChars: 60, maxIds: 2 };
const longValueLimits: ValueLimits = { maxChars: 300, maxIds: 40 };

/** Builds the first page: the most used settings, with menus of these and of the groups. */
export function buildHomePage(
  view: SettingsView,
  news: readonly TextLine[] = [],
): Reply {
  const mainSettings = mainKeys.flatMap((key) => findCurrentSetting(key, view) ?? []);
  const lines = mainSettings.map((current): TextLine => {
    const question = formatText(getAboutId(current.setting));
    return {
      id: 'settings.own',
      with: { key: question, value: formatShownValue(current, shortValueLimits) },
    };
  });
  const options = mainSettings.map(({ setting }) => ({
    value: setting.key,
    label: formatText(getAboutId(setting)),
  }));
  const groups = listGroups(view).map(([group]) => ({
    value: group,
    label: formatText(group),
  }));
  return buildPage([...news, ...lines], view, {
    pickers: [
      ...toPickers(
        'settings.open',
        splitIntoMenus(options, { id: 'settings.pick.setting' }),
      ),
      ...toPickers(
        'settings.group',
        splitIntoMenus(groups, { id: 'settings.pick.group' }),
      ),
    ],
  });
}

/** Builds the page of a group, or the first page if there is no such group. */
export function buildGroupPage(group: string, view: SettingsView): Reply {
  const groupEntry = listGroups(view).find(([id]) => id === group);
  if (!groupEntry)
    return buildHomePage(view, group === '' ? [] : [{ id: 'confirm.over' }]);
  const [id, settings] = groupEntry;
  const lines = settings.flatMap((current): readonly TextLine[] => [
    toCurrentLine(current, shortValueLimits),
    { id: getAboutId(current.setting) },
  ]);
  const options = settings.map(({ setting }) => ({
    value: setting.key,
    label: setting.key,
    description: getAboutId(setting),
  }));
  const pickers = splitIntoMenus(options, { id: 'settings.pick.setting' });
  return buildPage([{ id }, ...lines], view, {
    pickers: toPickers('settings.open', pickers),
    buttons: ['settings.group:'],
  });
}

/** Builds the page of a setting, with its menus. `news` stand above all else. */
export function buildSettingPage(
  key: string,
  view: SettingsView,
  news: readonly TextLine[],
): Reply {
  const current = findCurrentSetting(key, view);
  if (!current)
    return buildHomePage(view, news.length > 0 ? news : [{ id: 'confirm.over' }]);
  const { elsewhere, from, setting } = current;
  const hiddenCount = elsewhere.length - maxElsewhereLines;
  const meaning = findMeaning(setting, current.value);
  const lines: readonly TextLine[] = [
    ...(meaning ? [{ id: meaning }] : []),
    { id: getAboutId(setting) },
    ...elsewhere.slice(0, maxElsewhereLines),
    ...toOptionalLines(hiddenCount > 0, {
      id: 'track.waiting.more',
      with: { n: hiddenCount },
    }),
  ];
  const pickers = setting.inputs.flatMap((input, n) =>
    toPickers(`settings.pick:${key}:${n}`, buildMenus(input, current, view.choices)),
  );
  const isTyped = setting.inputs.some(({ kind }) => kind === 'typed');
  return buildPage([...news, toCurrentLine(current, longValueLimits), ...lines], view, {
    pickers,
    buttons: [
      ...(isTyped ? [`settings.type:${key}`] : []),
      ...(from === 'server' ? [`settings.reset:${key}`] : []),
      `settings.group:${setting.group}`,
    ],
  });
}

/** Finds a setting with its value. Undefined for an unknown key. */
export function findCurrentSetting(
  key: string,
  view: SettingsView,
): CurrentSetting | undefined {
  return view.all.find((setting) => setting.key === key);
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
      const unofferedTags = parseList(value).filter((tag) => !offered.includes(tag));
      return [...unofferedTags, ...picked].join(', ') || noHindrances;
    }
    default: {
      const ids = parseIds(value);
      const [from, to] = [row * maxRowOptions, (row + 1) * maxRowOptions];
      const newIds = [...ids.slice(0, from), ...picked, ...ids.slice(to)];
      if (newIds.length === 0) return noHindrances;
      return `${input.before ?? ''}${newIds.join(', ')}`;
    }
  }
}

type Group = readonly [CurrentSetting['setting']['group'], readonly CurrentSetting[]];

function listGroups(view: SettingsView): readonly Group[] {
  return [...Map.groupBy(view.all, ({ setting }) => setting.group)];
}

function buildPage(
  lines: readonly TextLine[],
  { isLoaded }: SettingsView,
  controls: Pick<Reply, 'pickers' | 'buttons'>,
): Reply {
  const pageLines: readonly TextLine[] = isLoaded
    ? lines
    : [...lines, { id: 'settings.unread' }];
  const [heading = { id: 'confirm.over' } as const, ...furtherLines] = pageLines;
  return { ...heading, lines: furtherLines, ...controls, inPlace: true };
}

function toCurrentLine(current: CurrentSetting, limits: ValueLimits): TextLine {
  const { key } = current;
  const value = formatShownValue(current, limits);
  const from = formatText(`settings.from.${current.from}`);
  return { id: 'settings.now', with: { key, value, from } };
}

function formatShownValue(
  { setting, value }: CurrentSetting,
  { maxChars, maxIds }: ValueLimits,
): TextValue {
  if (value === '') return formatText('settings.empty');
  const mark = findMentionMark(setting);
  const ids = parseIds(value);
  if (mark !== undefined && ids.length > 0) {
    const isLong = ids.length > maxIds;
    const shownIds = isLong ? `${ids.slice(0, maxIds).join(', ')} \u2026` : value;
    return new Mentions(shownIds, mark);
  }
  const isLanguage =
    value !== noHindrances && setting.inputs.some((input) => input.kind === 'language');
  return truncate(isLanguage ? formatLanguageNames(value) : value, maxChars);
}

function formatLanguageNames(value: string) {
  const names = parseList(value).map((tag) => getLanguageName(tag));
  return names.join(', ');
}

type InputById = Extract<SettingInput, { readonly kind: NamedById }>;

type Menu = Picker extends infer Kind
  ? Kind extends Picker
    ? Omit<Kind, 'name'>
    : never
  : never;

function toPickers(name: string, menus: readonly Menu[]): readonly Picker[] {
  return menus.map((menu, row) => ({ ...menu, name: `${name}:${row}` }));
}

function buildMenus(
  input: SettingInput,
  current: CurrentSetting,
  choices: SettingChoices,
): readonly Menu[] {
  switch (input.kind) {
    case 'typed':
      return [];
    case 'one-of':
      return splitIntoMenus(listOptions(current, choices), {
        id: 'settings.pick.value',
      });
    case 'language': {
      const options = listLanguageOptions(current.value, input.max === 1);
      return splitIntoMenus(options, { id: 'settings.pick.value' }, input.max);
    }
    default:
      return buildIdMenus(input, current);
  }
}

function listLanguageOptions(
  value: string,
  offersNone: boolean,
): readonly PickerOption[] {
  const chosenTags = new Set(value.split(', '));
  const tags = [...(offersNone ? [noHindrances] : []), ...listLanguages(value)];
  return tags.map((tag) => ({
    value: tag,
    label: tag === noHindrances ? noHindrances : getLanguageName(tag),
    isChosen: chosenTags.has(tag),
  }));
}

/** Builds menus of 25 ids each, with a further row once all are full. */
function buildIdMenus(
  { kind, max: maxIds, before: prefix }: InputById,
  { value }: CurrentSetting,
): readonly Menu[] {
  const ids = parseIds(value);
  const rows = Math.min(
    Math.ceil(maxIds / maxRowOptions),
    Math.floor(ids.length / maxRowOptions) + 1,
  );
  return Array.from({ length: rows }, (_, row) => {
    const from = row * maxRowOptions;
    return {
      kind,
      placeholder: { id: 'settings.pick.value' },
      min: prefix === undefined ? 0 : 1,
      max: Math.min(maxRowOptions, maxIds - from),
      chosen: ids.slice(from, from + maxRowOptions),
    };
  });
}

/** Meaning and cost of a choice, by setting and value. */
const meaningTexts: Readonly<Record<string, PlainTextId>> = {
  'pipeline chained': 'settings.means.chained',
  'pipeline audio-model': 'settings.means.audio-model',
  'pipeline realtime': 'settings.means.realtime',
  'pipeline live': 'settings.means.live',
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
    .filter((option) => option !== '' && option.length <= maxValueChars)
    .map((option) => {
      const parsed = parseSetting(setting, option, choices);
      return {
        value: option,
        label: option,
        description: findMeaning(setting, option),
        isChosen: parsed.kind === 'ok' && setting.formatValue(parsed.value) === value,
      };
    });
}

function splitIntoMenus(
  options: readonly PickerOption[],
  placeholder: TextLine,
  maxPicks = 1,
): readonly Menu[] {
  const rows = splitIntoRows(options);
  if (rows.length > maxRows) return [];
  return rows.map((row): Menu => {
    const range: TextLine = {
      id: 'settings.pick.range',
      with: { first: row[0].label, last: row.at(-1)?.label ?? '' },
    };
    return {
      kind: 'one-of',
      placeholder: rows.length > 1 ? range : placeholder,
      min: maxPicks === 1 ? 1 : 0,
      max: Math.min(maxPicks, row.length),
      options: row,
    };
  });
}

function splitIntoRows<Option>(options: readonly Option[]) {
  return splitIntoBatches(options, () => 1, { maxSize: maxRowOptions });
}

function listLanguages(value: string): readonly string[] {
  const chosenTags = parseList(value).filter((tag) => tag !== noHindrances);
  return [...new Set([...offeredLanguages, ...chosenTags])];
}

function parseList(value: string): readonly string[] {
  return value === noHindrances ? [] : value.split(', ');
}

function parseIds(value: string): readonly string[] {
  return value.match(/\d{15,21}/g) ?? [];
}
