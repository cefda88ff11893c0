import { roomScenes } from '#test/scenarios/scenes/room.ts';
import { talkScenes } from '#test/scenarios/scenes/talk.ts';
import { textScenes } from '#test/scenarios/scenes/text.ts';
import { playScenes } from './play-scene.ts';

playScenes(talkScenes, textScenes, roomScenes);
