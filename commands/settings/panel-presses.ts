import { closest } from '#commands/closest-names.ts';
import { unspokenLanguage } from '#commands/language-option.ts';
import { notManaging } from '#commands/rights.ts';
import type { Public } from '#src/base/public.ts';
import type {
  Button,
  CommandCall,
  CommandPorts,
  FormHandler,
  PickerHandler,
  Replies,
  Reply,
} from '#src/features/command.ts';
import type { SettingsRequests } from '#src/features/settings/settings-requests.ts';
import type { Form } from '#src/ports/form.ts';
import { conversationSettings } from '#src/settings/guild-settings.ts';
import type { SettingNow, SettingOutcome } from '#src/settings/setting-definition.ts';
import { languageTag } from '#src/texts/language-names.ts';
import { cut } from '#src/texts/plain.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { groupPage, homePage, settingNow, settingPage, wordsOf } from './panel.ts';

type Ports = Pick<CommandPorts, 'features'>;
type Act = (call: CommandCall, ports: Ports) => Promise<Reply>;

/** Opens the panel. */
export const openPanel = forManagers(async ({ guildId }, { features }) =>
  homePage(await features.settings.view(guildId)),
);

const openGroup: Act = async ({ guildId, picked, words }, { features }) =>
  groupPage(picked?.[0] ?? words.about ?? '', await features.settings.view(guildId));

const openSetting: Act = (call, ports) => openOne(call.picked?.[0] ?? '', call, ports);

/** Buttons of the panel. */
export const panelButtons: readonly Button[] = [
  button('group', 'button.settings.group', openGroup),
  button('reset', 'button.settings.reset', (call, ports) => change(call, ports, 'default')),
  { ...button('type', 'button.settings.type', withoutForm), form: formFor },
];

/** Press of Confirm under a looser policy. */
export const confirmSetting = forManagers((call, ports) => {
  const words = subjectOf(call).more.join(':');
  return change(call, ports, words, { confirmed: 'confirmed' });
});

/** Menus of the panel. */
export const panelPickers: readonly PickerHandler[] = [
  picker('group', openGroup),
  picker('open', openSetting),
  picker('pick', pick),
];

/** Form of a text or a number. */
export const panelForm: FormHandler = {
  name: 'settings.value',
  inputs: ['value'],
  inPlace: true,
  run: forManagers((call, ports) => {
    const { value = '' } = call.words;
    return change(call, ports, value, { typed: value });
  }),
};

function button(name: string, label: Button['label'], act: Act): Button {
  return { ...picker(name, act), label, style: 'plain' };
}

function picker(name: string, act: Act): PickerHandler {
  return { name: `settings.${name}`, isForEverybody: true, inPlace: true, run: forManagers(act) };
}

/** The right is asked for at each press: it may have been lost since the panel was opened. */
function forManagers(act: Act): (call: CommandCall, ports: Ports) => Promise<Replies> {
  return async (call, ports) => [notManaging(call) ?? (await act(call, ports))];
}

/** Page of one setting, as it is now. */
async function openOne(
  key: string,
  { guildId }: CommandCall,
  { features }: Ports,
  news: readonly TextLine[] = [],
): Promise<Reply> {
  return settingPage(key, await features.settings.view(guildId, key), news);
}

/** Subject of a press: a setting, and what else the press names. */
function subjectOf({ words }: CommandCall) {
  const [key = '', ...more] = (words.about ?? '').split(':');
  return { key, more };
}

async function seen(call: CommandCall, { features }: Ports): Promise<SettingNow | undefined> {
  const { key } = subjectOf(call);
  return settingNow(key, await features.settings.view(call.guildId, key));
}

type ChangeOptions = {
  /** Text typed into the form, quoted where it is refused. */
  readonly typed?: string;
  readonly confirmed?: 'confirmed';
};

/** Sets the value, and shows the page with the outcome. */
async function change(
  call: CommandCall,
  ports: Ports,
  words: string,
  { typed, confirmed }: ChangeOptions = {},
): Promise<Reply> {
  const { key } = subjectOf(call);
  const lost: readonly TextLine[] =
    typed === undefined ? [] : [{ id: 'settings.typed', with: { typed } }];
  if (!(await seen(call, ports))) return await openOne(key, call, ports, lost);
  return await saveAndShow(key, words, call, ports, { lost, confirmed });
}

type SaveOptions = {
  /** Lines about words that would be lost. */
  readonly lost?: readonly TextLine[];
  readonly confirmed?: 'confirmed';
};

/** Sets a value, and shows the page of its setting with the outcome; a looser policy is asked about first. */
export async function saveAndShow(
  key: string,
  words: string,
  call: CommandCall,
  ports: Ports,
  { lost = [], confirmed }: SaveOptions = {},
): Promise<Reply> {
  const requests = ports.features.settings;
  const tag = key === conversationSettings.language.key ? languageTag(words) : undefined;
  const unspoken = tag && unspokenLanguage(tag, call, ports.features.voices);
  if (unspoken) return await openOne(key, call, ports, [unspoken, ...lost]);
  const setting = await requests.set(call.guildId, key, words, confirmed);
  if (setting.kind !== 'looser') {
    const news = [...changed(key, setting), ...(setting.kind === 'set' ? [] : lost)];
    if (setting.kind === 'bad') news.unshift(badValue(key, words, requests));
    return await openOne(key, call, ports, news);
  }
  const now = settingNow(key, await requests.view(call.guildId, key));
  const buttons = now && [
    `confirm:settings:${key}:${setting.value}`,
    `settings.group:${now.setting.group}`,
  ];
  return { id: 'settings.looser', buttons, inPlace: true };
}

async function pick(call: CommandCall, ports: Ports): Promise<Reply> {
  const { key, more } = subjectOf(call);
  const [input = 0, row = 0] = more.map(Number);
  const now = await seen(call, ports);
  const used = now?.setting.inputs[input];
  if (!now || !used) return await openOne(key, call, ports);
  return await change(call, ports, wordsOf(used, row, call.picked ?? [], now));
}

/** The form of a setting with its present value; undefined where `withoutForm` gives the reason. */
async function formFor(call: CommandCall, ports: CommandPorts): Promise<Form | undefined> {
  if (notManaging(call)) return undefined;
  const now = await seen(call, ports);
  const input = now?.setting.inputs.find(({ kind }) => kind === 'typed');
  if (!now || input?.kind !== 'typed') return undefined;
  const { about } = now.setting;
  const { isLong, maxChars } = input;
  return {
    name: `${panelForm.name}:${call.words.about}`,
    title: 'command.settings.set',
    inputs: [
      {
        name: 'value',
        label: 'form.settings.value',
        description: about,
        isRequired: true,
        maxChars,
        value: now.value,
        isLong,
      },
    ],
  };
}

async function withoutForm(call: CommandCall, ports: Ports): Promise<Reply> {
  return await openOne(subjectOf(call).key, call, ports, [{ id: 'late.form' }]);
}

/** Outcome of a change, over the page of its setting, which shows the value and what it takes. */
function changed(
  key: string,
  setting: Exclude<SettingOutcome, { kind: 'looser' }>,
): readonly TextLine[] {
  switch (setting.kind) {
    case 'set':
      return [{ id: setting.saved ? 'settings.saved' : 'voice.unsaved' }];
    case 'unknown':
      return [{ id: 'unknown.of', with: { x: key, list: setting.keys.join(', ') } }];
    case 'bad':
      return setting.why ? [setting.why] : [];
  }
}

/** Says what does not fit, with examples of what does: those first that are like it. */
export function badValue(
  key: string,
  typed = '',
  settings: Pick<Public<SettingsRequests>, 'examples'>,
): TextLine {
  const all = settings.examples(key);
  const list = [...new Set([...closest(typed, all), ...all])].slice(0, mostExamples).join(', ');
  return { id: 'settings.bad', with: { key, value: cut(typed, mostQuotedChars), list } };
}

const [mostExamples, mostQuotedChars] = [6, 50];
