import { toChannelId, toGuildId } from '#src/base/ids.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  lounge,
  places,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

const findSpeech = ({ sessions }: SessionFixture) =>
  sessions.findSession(toGuildId('g'))?.mouth;
const readPace = (fixture: SessionFixture) =>
  findSpeech(fixture)?.mix.pace.speed?.toFixed(2);
const managers = new Set<string>();
const mayManage = (_guildId: string, id: string) => managers.has(id);

playScripts({
  'the bot’s own voice is set or changed from 0 to 200 %': [
    {
      acts: {
        readPercent: (fixture) =>
          findSpeech(fixture)?.mix.tracks.own.voice.state.percent,
      },
    },
    `
    with tools
    model: call volume {"level":150} || Done.
    adam asks: Otherwise.
    > told adam: answered Done., tool volume ran, writes track.volume (voice) (150)
    6000 > answered Adam: Done.
    results > {"result":{"outcome":"Volume of voice: 150 %."}}
    do readPercent > 150
    model: call volume {"change":150} || Done.
    adam asks: Otherwise.
    > told adam: answered Done., tool volume ran, writes track.volume (voice) (200)
    6000 > answered Adam: Done.
    results > {"result":{"outcome":"Volume of voice: 200 %."}}
    do readPercent > 200
    model: call volume {"change":-150} || Done.
    adam asks: Otherwise.
    > told adam: answered Done., tool volume ran, writes track.volume (voice) (50)
    6000 > answered Adam: Done.
    results > {"result":{"outcome":"Volume of voice: 50 %."}}
    do readPercent > 50
    model: call volume {"change":-150} || Done.
    adam asks: Otherwise.
    > told adam: answered Done., tool volume ran, writes track.volume (voice) (0)
    6000 > answered Adam: Done.
    results > {"result":{"outcome":"Volume of voice: 0 %."}}
    do readPercent > 0
    model: call volume {"change":30} || Done.
    adam asks: Otherwise.
    > told adam: answered Done., tool volume ran, writes track.volume (voice) (30)
    6000 > answered Adam: Done.
    results > {"result":{"outcome":"Volume of voice: 30 %."}}
    do readPercent > 30
    model: call volume {"level":0} || Done.
    adam asks: Otherwise.
    > told adam: answered Done., tool volume ran, writes track.volume (voice) (0)
    6000 > answered Adam: Done.
    results > {"result":{"outcome":"Volume of voice: 0 %."}}
    do readPercent > 0
    `,
  ],
  'the pace changes by steps that take each other back, until it is usual again': [
    { acts: { pace: readPace } },
    `
    with tools
    model: call speed {"change":"slower"} || So.
    adam asks: Otherwise. > told adam: answered So., tool speed ran, writes voice.speed (0.85)
    6000 > answered Adam: So.
    do pace > 0.85
    model: call speed {"change":"slower"} || So.
    adam asks: Otherwise. > told adam: answered So., tool speed ran, writes voice.speed (0.72)
    6000 > answered Adam: So.
    do pace > 0.72
    model: call speed {"change":"faster"} || So.
    adam asks: Otherwise. > told adam: answered So., tool speed ran, writes voice.speed (1)
    6000 > answered Adam: So.
    do pace > 1.00
    model: call speed {"change":"faster"} || So.
    adam asks: Otherwise. > told adam: answered So., tool speed ran, writes voice.speed (1.18)
    6000 > answered Adam: So.
    do pace > 1.18
    model: call speed {"change":"usual"} || So.
    adam asks: Otherwise. > told adam: answered So., tool speed ran, writes voice.speed (1)
    6000 > answered Adam: So.
    do pace > 1.00
    `,
  ],
  'only a person who manages the server can have the persona changed, field by field': [
    {
      places: { ...places, mayManage },
      acts: {
        addManager: () => void managers.add('adam'),
        readPersona: async ({ personas }) =>
          JSON.stringify(
            await personas.getPersona(toGuildId('g'), toChannelId(lounge.channelId)),
          ),
      },
    },
    `
    with tools
    model: call persona {"name":"Max","instructions":"Be brief."} || So.
    adam asks: Call yourself Max. > told adam: answered So., tool persona refused
    6000 > answered Adam: So.
    results > {"error":"Whoever asks has not the right to that (manage). Nothing has happened."}
    do addManager
    model: call persona {"instructions":""} || So.
    adam asks: Be as you were.
    > told adam: answered So., tool persona ran, writes persona.changed (Adam) (instructions: -)
    6000 > answered Adam: So.
    do readPersona > {}
    model: call persona {"language":"of the elves"} || Sorry.
    adam asks: Speak as elves do. > told adam: answered Sorry., tool persona ran
    6000 > answered Adam: Sorry.
    results > {"result":{"refused":"language (language)"}}
    `,
  ],
});
