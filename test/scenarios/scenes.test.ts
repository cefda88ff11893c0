import { playScenes } from './play-scene.ts';
import { roomScenes } from './scenes/room.ts';
import { talkScenes } from './scenes/talk.ts';
import { textScenes } from './scenes/text.ts';

playScenes(talkScenes, textScenes, roomScenes);
