import { playScenes } from './play-scene.ts';
import { captionScenes } from './scenes/captions.ts';
import { consentScenes } from './scenes/consent.ts';
import { discordTroubleScenes } from './scenes/discord-trouble.ts';
import { providerScenes } from './scenes/providers.ts';
import { returnScenes } from './scenes/returns.ts';

playScenes(consentScenes, captionScenes, discordTroubleScenes, returnScenes, providerScenes);
