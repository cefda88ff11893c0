import { captionScenes } from '#test/scenarios/scenes/captions.ts';
import { consentScenes } from '#test/scenarios/scenes/consent.ts';
import { discordTroubleScenes } from '#test/scenarios/scenes/discord-trouble.ts';
import { providerScenes } from '#test/scenarios/scenes/providers.ts';
import { returnScenes } from '#test/scenarios/scenes/returns.ts';
import { roomScenes } from '#test/scenarios/scenes/room.ts';
import { furtherTalkScenes } from '#test/scenarios/scenes/talk.ts';
import { textScenes } from '#test/scenarios/scenes/text.ts';
import { playScenes } from './play-scene.ts';

playScenes(
  furtherTalkScenes,
  textScenes,
  roomScenes,
  consentScenes,
  captionScenes,
  discordTroubleScenes,
  returnScenes,
  providerScenes,
);
