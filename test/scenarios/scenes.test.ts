import { talkScenes } from '#test/scenarios/scenes/talk.ts';
import { playScenes } from './play-scene.ts';

// The long tests play all others.
playScenes(talkScenes);
