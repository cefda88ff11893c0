import { toGuildId } from '#src/base/ids.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  adam,
  eva,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

const findSession = ({ sessions }: SessionFixture) =>
  sessions.findSession(toGuildId('g'));

playScripts({
  'captions are turned on and off by voice': `
    with tools
    model: call captions {"on":true} || All right.
    adam asks: Captions on, please. > told adam: answered All right., tool captions ran
    5000 > answered Adam: All right., played voice: completed, says captions.on
    results > {"result":{"outcome":"Captions on, for people I may hear."}}
    model: call captions {"on":false} || All right.
    adam asks: Captions off.
    > told adam: answered All right., tool captions ran, writes captions.off
    5000 > answered Adam: All right.
    results > {"result":{"outcome":"Captions off."}}
    panel > join.ok; listening; people.yes names Adam; people.unasked names Eva
    `,
  'whoever asks to be left out is not written at once, and written again by their own press':
    [
      {
        acts: {
          listWritten: (fixture) =>
            [adam, eva].map(({ id }) => findSession(fixture)?.consent.canWrite(id)),
        },
      },
      `
    with tools
    eva joins > already consent brief
    model: call captions {"on":true} || All right.
    adam asks: Captions on. > told adam: answered All right., tool captions ran
    5000 > answered Adam: All right., played voice: completed, says captions.on
    do listWritten > true, true
    model: call leave_me_out {"out":true} || All right.
    adam asks: Leave me out.
    > told adam: answered All right., tool leave_me_out ran, writes captions.left_out
    5000 > answered Adam (left out): All right.
    results
    > {"result":{"outcome":"Understood. I don't caption or interpret you; whom I hear stays as it is."}}
    do listWritten > false, true
    # Words of somebody else.
    persona name Max > saved saved true
    model: call leave_me_out {"out":false} || All right.
    adam asks: Write me again.
    > told adam: answered Adam, shall I write your words in the captions again? Say yes or no.
    > tool leave_me_out asked
    > says tool.spoken.ask (Adam, shall I write your words in the captions again?)
    > writes tool.spoken.ask (Adam, shall I write your words in the captions again?)
    > offers 1 buttons
    5000
    > answered Adam (left out): Adam, shall I write your words in the captions again? Say yes or no.
    do listWritten > false, true
    adam confirms > completed captions.left_in, tool leave_me_out pressed
    do listWritten > true, true
    `,
    ],
  'the bot follows whoever asks, until they ask it no longer to': [
    {
      acts: { findFollowed: (fixture) => findSession(fixture)?.followedId ?? 'nobody' },
    },
    `
    with tools
    model: call follow {"follow":true} || All right.
    adam asks: Follow me. > told adam: answered All right., tool follow ran, writes tool.follow.on
    5000 > answered Adam: All right.
    do findFollowed > adam
    model: call follow {"follow":false} || All right.
    adam asks: Stop following me.
    > told adam: answered All right., tool follow ran, writes tool.follow.off
    5000 > answered Adam: All right.
    do findFollowed > nobody
    `,
  ],
});
