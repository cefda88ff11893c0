import type { Tool } from './ports.ts';
import { again, closest } from './stand-in-rules.ts';
import type { StandInCall } from './stand-in-timers.ts';

type Command = { readonly asked: readonly string[]; readonly call: StandInCall };

const [louder, quieter] = [volume(20), volume(-20)];

/** Plain wordings of commands. */
const commands: readonly Command[] = [
  {
    asked: ['louder', 'speak louder', 'talk louder', 'be louder', 'speak up', 'volume up'],
    call: louder,
  },
  {
    asked: ['quieter', 'speak quieter', 'be quieter', 'softer', 'not loud', 'volume down'],
    call: quieter,
  },
  { asked: ['slower', 'speak slower', 'more slowly', 'not fast'], call: speed('slower') },
  { asked: ['faster', 'speak faster', 'not slow'], call: speed('faster') },
  { asked: ['normal speed', 'speak normally'], call: speed('usual') },
  { asked: again, call: { name: 'repeat', given: {} } },
  {
    asked: ['captions on', 'turn on captions', 'turn captions on', 'turn on the captions'],
    call: captions(true),
  },
  {
    asked: ['captions off', 'turn off captions', 'turn captions off', 'turn off the captions'],
    call: captions(false),
  },
  { asked: ['follow me', 'come with me'], call: follow(true) },
  { asked: ['stop following me', "don't follow me", 'do not follow me'], call: follow(false) },
  { asked: ['pause listening', 'stop listening'], call: { name: 'pause_listening', given: {} } },
  { asked: ['pause the music', 'pause the sound', 'pause it'], call: track('pause') },
  { asked: ['resume the music', 'go on with the music', 'resume'], call: track('resume') },
  { asked: ['skip', 'skip it', 'next song', 'skip this song'], call: track('skip') },
  { asked: ['stop the music', 'stop the sound', 'stop the sounds'], call: track('stop') },
];

const play = /^(?:play|start)(?: (?:me|some|the|a))* (.+)$/;
const named = /^(?:call yourself|your name is now) (.+)$/;

/** Largest distance of a command from the recognised words, as a share of its length: it does something. */
const farthest = 0.2;

/** The call of a tool that these words are a command for, if it is offered; by its wording alone. */
export function commandCall(words: string, tools: readonly Tool[]): StandInCall | undefined {
  const call = asked(words);
  return tools.some(({ name }) => name === call?.name) ? call : undefined;
}

function asked(words: string): StandInCall | undefined {
  const command = closest(commands, words, farthest);
  if (command) return command.call;
  const [, sound] = play.exec(words) ?? [];
  if (sound !== undefined) return { name: 'play_sound', given: { sound } };
  const [, name] = named.exec(words) ?? [];
  return name === undefined ? undefined : { name: 'persona', given: { name } };
}

function volume(change: number): StandInCall {
  return { name: 'volume', given: { change } };
}

function speed(change: string): StandInCall {
  return { name: 'speed', given: { change } };
}

function captions(on: boolean): StandInCall {
  return { name: 'captions', given: { on } };
}

function follow(isOn: boolean): StandInCall {
  return { name: 'follow', given: { follow: isOn } };
}

function track(deed: string): StandInCall {
  return { name: 'change_track', given: { deed } };
}
