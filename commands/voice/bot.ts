import type {
  Command,
  CommandCall,
  CommandPorts,
  Replies,
  Reply,
} from '#src/conversation/command.ts';
import type { BotStyleRequest, ChoiceOutcome } from '#src/features/personas/persona-outcomes.ts';
import { PersonaRequests } from '#src/features/personas/persona-requests.ts';
import { VoicesAndPreviews } from '#src/features/typed/voices-and-previews.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { personaActs, personaFormFor, withoutForm } from './bot-form.ts';
import { personaOption } from './persona-option.ts';
import { unknownPersona } from './persona-replies.ts';
import { unknownVoice } from './unknown-voice.ts';
import { voiceOption } from './voice-option.ts';

/** Value that clears the persona, or restores the persona's voice. */
const standard = 'default';
const places = ['channel', 'server'] as const;

export const bot: Command = {
  name: 'bot',
  description: 'command.voice.bot',
  help: {
    topic: 'personas',
    command: 'voice bot',
    for: 'manager',
    line: () => ({ id: 'help.personas' }),
  },
  shownTo: ({ words }) => (words.form === undefined ? 'room' : 'caller'),
  options: [
    personaOption('command.voice.bot.persona', [standard]),
    voiceOption('command.voice.bot.voice', [standard]),
    { name: 'for', description: 'command.voice.bot.for', kind: 'choice', values: places },
    { name: 'form', description: 'command.voice.bot.form', kind: 'choice', values: personaActs },
  ],
  form: personaFormFor,
  async run(call, ports) {
    const { words } = call;
    if (words.form !== undefined) return await withoutForm(call, ports);
    const request = await requestOf(call, ports);
    const outcome = await ports.port(PersonaRequests).choose(callerOf(call), request);
    if (outcome.kind === 'chosen') return chosen(outcome, request);
    return [refusalOf(outcome, words)];
  },
};

/** Press of one of the two buttons under the question of a switch. */
export function settleWith(what: 'keep' | 'clear') {
  return async (call: CommandCall, { port }: CommandPorts): Promise<Replies> => {
    const outcome = port(PersonaRequests).settle(callerOf(call), call.words.about ?? '', what);
    switch (outcome) {
      case 'kept':
      case 'cleared':
        return [{ id: `persona.${outcome}`, to: 'room' }];
      case 'over':
        return [{ id: 'persona.over', to: 'caller' }];
      case 'denied':
        return [{ id: 'perm.dj', to: 'caller' }];
    }
  };
}

/** Where the bot sits, a choice is for that channel unless the server is named. */
async function requestOf(
  { guildId, words }: CommandCall,
  { port, sessions }: CommandPorts,
): Promise<BotStyleRequest> {
  const place = words.for ?? (sessions.at(guildId) ? 'channel' : 'server');
  const { persona, voice } = words;
  const named =
    voice === undefined ? undefined : ((await port(VoicesAndPreviews).named(voice)) ?? voice);
  return {
    place: place === 'server' ? 'server' : 'channel',
    ...(persona !== undefined && { persona: isStandard(persona) ? null : persona }),
    ...(named !== undefined && { voice: isStandard(named) ? null : named }),
  };
}

type Chosen = Extract<ChoiceOutcome, { kind: 'chosen' }>;

function chosen(outcome: Chosen, request: BotStyleRequest): Replies {
  const { questionId, saved } = outcome;
  const lines: readonly TextLine[] = [
    ...voiceLines(outcome),
    ...(saved ? [] : [{ id: 'persona.unsaved' } as const]),
    ...(questionId === undefined ? [] : [{ id: 'persona.keep_or_clear' } as const]),
  ];
  const buttons = questionId !== undefined && {
    buttons: [`persona.keep:${questionId}`, `persona.clear:${questionId}`],
  };
  const isAsked = request.persona === undefined && request.voice === undefined;
  return [{ ...headOf(outcome, isAsked), lines, to: 'room', ...buttons }];
}

function headOf({ channel, persona }: Chosen, isAsked: boolean): TextLine {
  if (persona === undefined) return { id: isAsked ? 'persona.now.none' : 'persona.none' };
  if (isAsked) return { id: 'persona.now', with: { persona } };
  if (channel === undefined) return { id: 'persona.chosen.server', with: { persona } };
  return { id: 'persona.chosen', with: { persona, channel } };
}

function voiceLines({ voice }: Chosen): readonly TextLine[] {
  return voice === undefined ? [] : [{ id: 'persona.voice', with: { voice } }];
}

function refusalOf(
  outcome: Exclude<ChoiceOutcome, Chosen>,
  { persona = '', voice = '' }: CommandCall['words'],
): Reply {
  switch (outcome.kind) {
    case 'unknown-persona':
      return unknownPersona(persona, outcome.known);
    case 'unknown-voice':
      return unknownVoice(voice, outcome.known);
    case 'denied':
      return { id: 'perm.dj', to: 'caller' };
    case 'nowhere':
      return { id: 'leave.nowhere', to: 'caller' };
  }
}

function callerOf({ guildId, callerId: id, mayManage }: CommandCall) {
  return { guildId, id, mayManage };
}

function isStandard(typed: string): boolean {
  return typed.trim().toLowerCase() === standard;
}
