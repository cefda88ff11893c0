import { languageOption } from '#commands/language-option.ts';
import { commandInChannel } from '#commands/rights.ts';
import type { CaptionsOn } from '#src/features/captions/caption-requests.ts';
import type {
  Button,
  CommandCall,
  CommandGroup,
  CommandPorts,
  Replies,
} from '#src/features/command.ts';
import { languageTag } from '#src/texts/language-names.ts';
import { lineIf } from '#src/texts/texts.ts';
import { find, longestRecapMs, recap, recapFor, transcript, unknownName } from './transcript.ts';

const on = commandInChannel({
  name: 'on',
  description: 'command.captions.on',
  shownTo: 'room',
  options: [languageOption('translate', 'command.captions.language')],
  run: turnOn,
});

async function turnOn(call: CommandCall, ports: CommandPorts): Promise<Replies> {
  const { translate } = call.words;
  const translateTo = translate && languageTag(translate);
  if (translate && !translateTo) return unknownName(translate);
  const options = translateTo ? { translateTo } : {};
  return replyTo(await ports.features.captions.turnOn(call.guildId, options), call.guildId);
}

/** Reply to the caller; where the notice of captions stands in another chat, the channel reads that. */
function replyTo(turned: CaptionsOn, guildId: GuildId): Replies {
  if (turned.kind === 'failed') return [turned.line];
  const { isHere, placeId, saved } = turned;
  const unsaved = lineIf(!saved, { id: 'voice.unsaved' });
  if (isHere) return [{ id: 'captions.on', lines: unsaved }];
  const place = `https://discord.com/channels/${guildId}/${placeId}`; // Discord shows it as a link
  const buttons = ['captions.leave_out'];
  return [
    {
      id: 'captions.on',
      to: 'room',
      lines: [{ id: 'panel.captions', with: { place } }, ...unsaved],
      buttons,
    },
  ];
}

const off = commandInChannel({
  name: 'off',
  description: 'command.captions.on',
  isNeverLimited: true,
  shownTo: 'room',
  options: [],
  run: async ({ guildId }, { features }) => {
    const { saved } = await features.captions.turnOff(guildId);
    const lines = lineIf(!saved, { id: 'voice.unsaved' });
    return [{ id: 'captions.off', to: 'room', lines, buttons: ['captions.transcript'] }];
  },
});

export const captions: CommandGroup = {
  name: 'captions',
  description: 'command.captions.on',
  help: {
    topic: 'captions',
    command: 'captions on',
    line: () => ({ id: 'help.captions' }),
  },
  commands: [on, off, transcript, find, recap],
};

/** Buttons of captions, on the panel, the notice and the goodbye. */
export const captionButtons: readonly Button[] = [
  {
    name: 'captions',
    label: 'button.captions',
    style: 'plain',
    isNeverLimited: true,
    run: toggle,
  },
  {
    name: 'captions.transcript',
    label: 'button.transcript',
    style: 'plain',
    thinksFirst: true,
    run: (call, ports) => transcript.run({ ...call, words: {} }, ports),
  },
  {
    name: 'captions.missed',
    label: 'button.missed',
    style: 'plain',
    longestMs: longestRecapMs,
    run: (call, ports) => recapFor(call, ports, { until: 'i came' }),
  },
  {
    name: 'captions.leave_out',
    label: 'button.leave_out',
    style: 'plain',
    isForEverybody: true,
    isNeverLimited: true,
    run: (call, ports) => leaveOut(call, ports, true),
  },
  {
    name: 'captions.write_me',
    label: 'button.write_me',
    style: 'plain',
    run: (call, ports) => leaveOut(call, ports, false),
  },
];

async function toggle(call: CommandCall, ports: CommandPorts): Promise<Replies> {
  const command = ports.features.captions.isOn(call.guildId) ? off : on;
  return await command.run({ ...call, words: {} }, ports);
}

async function leaveOut(
  { guildId, callerId }: CommandCall,
  { features }: CommandPorts,
  isOut: boolean,
): Promise<Replies> {
  const { saved } = await features.captions.leaveOut(guildId, callerId, isOut);
  const unsaved = saved ? {} : { lines: [{ id: 'privacy.unsaved' } as const] };
  const id = isOut ? 'captions.left_out' : 'captions.left_in';
  const undo = isOut ? ['captions.write_me'] : ['captions.leave_out'];
  return [{ id, ...unsaved, buttons: undo }];
}
