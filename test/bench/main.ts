import { benchNewcomer } from './newcomer.ts';
import { benchTurns } from './turns.ts';

console.log('Parley bench: figures of this machine in this minute; compare only within one run.');
await benchTurns(20);
await benchNewcomer();
