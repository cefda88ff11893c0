import { toPersonId } from '#src/base/ids.ts';
import type { TalkState } from '#src/ports/talk-guide.ts';

/** Adam alone with the bot, which hears him for always. */
export const talkState: TalkState = {
  channel: 'Lounge',
  bot: 'Nova',
  mode: 'talk',
  addressing: 'auto',
  isLinked: true,
  isDeafened: false,
  isMuted: false,
  isPaused: false,
  isCaptioned: false,
  hasLocalRecogniser: true,
  people: [{ id: toPersonId('adam'), name: 'Adam', standing: 'always' }],
  isAnew: false,
  isUncalled: false,
  untellable: [],
  isReadByPrograms: false,
};
