import { languageOption } from '#commands/language-option.ts';
import { notInChannel, nowhere } from '#commands/rights.ts';
import type { CaptionsOn } from '#src/features/captions/caption-outcomes.ts';
import type {
  Command,
  CommandCall,
  CommandPorts,
  Replies,
} from '#src/features/contract/command.ts';
import { languageTag } from '#src/texts/language-names.ts';
import type { TextLine } from '#src/texts/texts.ts';

export const on: Command = {
  name: 'on',
  description: 'command.captions.on',
  shownTo: 'room',
  options: [
    languageOption('language', 'command.captions.language'),
    languageOption('translate', 'command.captions.translate'),
  ],
  run: turnOn,
};

async function turnOn(call: CommandCall, ports: CommandPorts): Promise<Replies> {
  const barred = notInChannel(call, ports.sessions);
  if (barred) return [barred];
  const { language: spoken, translate } = call.words;
  const [language, translateTo] = [spoken, translate].map((typed) => typed && languageTag(typed));
  const unknown = [
    ...(spoken && !language ? [spoken] : []),
    ...(translate && !translateTo ? [translate] : []),
  ];
  const [x] = unknown;
  if (x !== undefined) return [{ id: 'unknown', with: { x }, to: 'caller' }];
  const options = { ...(language && { language }), ...(translateTo && { translateTo }) };
  return replyTo(await ports.features.captions.turnOn(call.guildId, options), call.guildId);
}

/** Reply to the caller; where the notice of captions stands in another chat, the channel reads that. */
function replyTo(turned: CaptionsOn, guildId: string): Replies {
  switch (turned.kind) {
    case 'nowhere':
      return [nowhere];
    case 'failed':
      return [{ ...turned.line, to: 'caller' }];
    case 'already': {
      const place = addressOf(guildId, turned.placeId);
      return [{ id: 'panel.captions', with: { place }, to: 'caller' }];
    }
    case 'on': {
      const { hourUsd, isHere, placeId, saved } = turned;
      const unsaved: readonly TextLine[] = saved ? [] : [{ id: 'voice.unsaved' }];
      const lines = [...priceLine(hourUsd), ...unsaved];
      if (isHere) return [{ id: 'captions.on', to: 'caller', lines }];
      const place: TextLine = {
        id: 'panel.captions',
        with: { place: addressOf(guildId, placeId) },
      };
      const buttons = ['captions.leave_out'];
      return [{ id: 'captions.on', to: 'room', lines: [place, ...lines], buttons }];
    }
  }
}

function priceLine(hourUsd: number): readonly TextLine[] {
  if (hourUsd === 0) return [];
  return [{ id: 'captions.price', with: { price: `$${hourUsd.toFixed(2)}` } }];
}

/** Discord shows it as a link to the channel. */
function addressOf(guildId: string, channelId: string): string {
  return `https://discord.com/channels/${guildId}/${channelId}`;
}
