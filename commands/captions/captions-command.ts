import { commandInChannel } from '#commands/command-rights.ts';
import { createLanguageOption } from '#commands/language-option.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { TurnOnOutcome } from '#src/features/captions/caption-requests.ts';
import type {
  Button,
  CommandCall,
  CommandGroup,
  CommandPorts,
  Replies,
} from '#src/features/command.ts';
import { parseLanguageTag } from '#src/texts/language-names.ts';
import { toOptionalLines } from '#src/texts/texts.ts';
import { notesCommand } from './notes.ts';
import {
  findCommand,
  maxRecapMs,
  recapCommand,
  toRecapReply,
  toUnknownValueReply,
  transcriptGroup,
} from './transcript.ts';

const captionsOn = commandInChannel({
  name: 'on',
  description: 'command.captions.on',
  shownTo: 'room',
  options: [createLanguageOption('translate', 'command.captions.language')],
  run: turnOnCaptions,
});

async function turnOnCaptions(
  call: CommandCall,
  ports: CommandPorts,
): Promise<Replies> {
  const { translate } = call.inputs;
  const translateTo = translate && parseLanguageTag(translate);
  if (translate && !translateTo) return toUnknownValueReply(translate);
  const options = translateTo ? { translateTo } : {};
  return toTurnOnReply(
    await ports.features.captions.turnOn(call.guildId, options),
    call.guildId,
  );
}

/** Builds the reply. The channel reads where a notice in another chat stands. */
function toTurnOnReply(turned: TurnOnOutcome, guildId: GuildId): Replies {
  if (turned.kind === 'failed') return [turned.line];
  const unsaved = toOptionalLines(!turned.saved, { id: 'voice.unsaved' });
  if (turned.kind === 'waiting') return [{ ...turned.line, lines: unsaved }];
  const { isHere, placeId } = turned;
  if (isHere) return [{ id: 'captions.on', lines: unsaved }];
  const chatLink = `https://discord.com/channels/${guildId}/${placeId}`;
  const buttons = ['captions.leave_out'];
  return [
    {
      id: 'captions.on',
      to: 'room',
      lines: [{ id: 'panel.captions', with: { place: chatLink } }, ...unsaved],
      buttons,
    },
  ];
}

const captionsOff = commandInChannel({
  name: 'off',
  description: 'command.captions.off',
  isNeverLimited: true,
  shownTo: 'room',
  options: [],
  run: async ({ guildId }, { features }) => {
    const { isSaved } = await features.captions.turnOff(guildId);
    const lines = toOptionalLines(!isSaved, { id: 'voice.unsaved' });
    return [
      { id: 'captions.off', to: 'room', lines, buttons: ['captions.transcript'] },
    ];
  },
});

export const captions: CommandGroup = {
  name: 'captions',
  description: 'command.captions',
  help: {
    topic: 'captions',
    command: 'captions on',
    buildLine: () => ({ id: 'help.captions' }),
  },
  commands: [
    captionsOn,
    captionsOff,
    transcriptGroup,
    findCommand,
    recapCommand,
    notesCommand,
  ],
};

export const captionButtons: readonly Button[] = [
  {
    name: 'captions',
    label: 'button.captions',
    style: 'plain',
    isNeverLimited: true,
    run: toggleCaptions,
  },
  {
    name: 'captions.transcript',
    label: 'button.transcript',
    style: 'plain',
    mustDeferFirst: true,
    run: (call, ports) => transcriptGroup.run({ ...call, inputs: {} }, ports),
  },
  {
    name: 'captions.missed',
    label: 'button.missed',
    style: 'plain',
    longestMs: maxRecapMs,
    run: (call, ports) => toRecapReply(call, ports, { until: 'i came' }),
  },
  {
    name: 'captions.leave_out',
    label: 'button.leave_out',
    style: 'plain',
    isForEverybody: true,
    isNeverLimited: true,
    run: (call, ports) => setLeftOut(call, ports, true),
  },
  {
    name: 'captions.write_me',
    label: 'button.write_me',
    style: 'plain',
    run: (call, ports) => setLeftOut(call, ports, false),
  },
];

async function toggleCaptions(call: CommandCall, ports: CommandPorts) {
  const command = ports.features.captions.isOn(call.guildId) ? captionsOff : captionsOn;
  return await command.run({ ...call, inputs: {} }, ports);
}

async function setLeftOut(
  { guildId, caller }: CommandCall,
  { features }: CommandPorts,
  isOut: boolean,
): Promise<Replies> {
  const { isSaved } = await features.captions.setLeftOut(guildId, caller.id, isOut);
  const unsaved = isSaved ? {} : { lines: [{ id: 'privacy.unsaved' } as const] };
  const id = isOut ? 'captions.left_out' : 'captions.left_in';
  const undo = isOut ? ['captions.write_me'] : ['captions.leave_out'];
  return [{ id, ...unsaved, buttons: undo }];
}
