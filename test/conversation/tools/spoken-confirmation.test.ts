import { BotError } from '#src/base/errors.ts';
import { tools } from '#src/features/features.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import { recordMessages } from '#test/conversation/setup/recorders.ts';

const { scribe } = recordMessages();

playScripts(
  {
    'an action that waits for Confirm is asked in a sentence, aloud and beside the button, and one yes runs it once': `
    persona instructions Be brief. > saved saved true
    model: call post_text {"text":"It is 40."} || no
    adam asks: And a little more.
    > told adam: answered Adam, shall I post this in the chat: “It is 40.”? Say yes or no.
    > tool post_text asked
    > says tool.spoken.ask (Adam, shall I post this in the chat: “It is 40.”?)
    > writes tool.spoken.ask (Adam, shall I post this in the chat: “It is 40.”?)
    > offers 1 buttons
    4000 > answered Adam: Adam, shall I post this in the chat: “It is 40.”? Say yes or no.
    requests > 1 requests
    adam says (human-goforward): Yes, please.
    > heard Adam: Yes, please.
    > ignored Adam: interjection
    > tool post_text spoken
    > says "Adam. Done."
    > writes "It is 40."
    # No other model is asked.
    requests > 1 requests
    adam looks > over
    adam confirms > over
    `,
    'a no after the question takes the offer back without a paid answer, and a later yes does nothing': `
    persona instructions Be brief. > saved saved true
    model: call post_text {"text":"It is 40."} || no
    adam asks: And a little more.
    > told adam: answered Adam, shall I post this in the chat: “It is 40.”? Say yes or no.
    > tool post_text asked
    > says tool.spoken.ask (Adam, shall I post this in the chat: “It is 40.”?)
    > writes tool.spoken.ask (Adam, shall I post this in the chat: “It is 40.”?)
    > offers 1 buttons
    4000 > answered Adam: Adam, shall I post this in the chat: “It is 40.”? Say yes or no.
    adam says (human-goforward): No. > heard Adam: No., ignored Adam: interjection
    requests > 1 requests
    adam looks > over
    adam says (human-goforward): Yes. > heard Adam: Yes., answered Adam: no
    model: call post_text {"text":"It is 40."} || no
    adam asks: And a little more.
    > told adam: answered Adam, shall I post this in the chat: “It is 40.”? Say yes or no.
    > tool post_text asked
    > says tool.spoken.ask (Adam, shall I post this in the chat: “It is 40.”?)
    > writes tool.spoken.ask (Adam, shall I post this in the chat: “It is 40.”?)
    > offers 1 buttons
    4000 > answered Adam: Adam, shall I post this in the chat: “It is 40.”? Say yes or no.
    adam says (human-goforward): Nova, no, thanks.
    > heard Adam: Nova, no, thanks., ignored Adam: interjection
    requests > 3 requests
    adam looks > over
    adam says (human-goforward): Yes. > heard Adam: Yes., answered Adam: no
    model: call post_text {"text":"It is 40."} || no
    adam asks: And a little more.
    > told adam: answered Adam, shall I post this in the chat: “It is 40.”? Say yes or no.
    > tool post_text asked
    > says tool.spoken.ask (Adam, shall I post this in the chat: “It is 40.”?)
    > writes tool.spoken.ask (Adam, shall I post this in the chat: “It is 40.”?)
    > offers 1 buttons
    4000 > answered Adam: Adam, shall I post this in the chat: “It is 40.”? Say yes or no.
    adam says (human-goforward): Never mind. > heard Adam: Never mind., ignored Adam: interjection
    requests > 5 requests
    adam looks > over
    adam says (human-goforward): Yes. > heard Adam: Yes., answered Adam: no
    `,
    'a no of somebody else leaves the offer, and their words close only the spoken question': `
    persona instructions Be brief. > saved saved true
    model: call post_text {"text":"It is 40."} || no
    adam asks: And a little more.
    > told adam: answered Adam, shall I post this in the chat: “It is 40.”? Say yes or no.
    > tool post_text asked
    > says tool.spoken.ask (Adam, shall I post this in the chat: “It is 40.”?)
    > writes tool.spoken.ask (Adam, shall I post this in the chat: “It is 40.”?)
    > offers 1 buttons
    4000 > answered Adam: Adam, shall I post this in the chat: “It is 40.”? Say yes or no.
    eva says: No. > heard Eva: No., answered Eva: no
    adam looks > shown tool.post.ask It is 40. name Adam s 52
    adam says (human-goforward): Yes. > heard Adam: Yes., answered Adam: no
    adam looks > shown tool.post.ask It is 40. name Adam s 48
    `,
    '20 s after the question only the button is left, and a yes before that counts': `
    persona instructions Be brief. > saved saved true
    model: call post_text {"text":"It is 40."} || no
    adam asks: And a little more.
    > told adam: answered Adam, shall I post this in the chat: “It is 40.”? Say yes or no.
    > tool post_text asked
    > says tool.spoken.ask (Adam, shall I post this in the chat: “It is 40.”?)
    > writes tool.spoken.ask (Adam, shall I post this in the chat: “It is 40.”?)
    > offers 1 buttons
    17000 > answered Adam: Adam, shall I post this in the chat: “It is 40.”? Say yes or no.
    adam says (human-goforward): Yes.
    > heard Adam: Yes.
    > ignored Adam: interjection
    > tool post_text spoken
    > says "Adam. Done."
    > writes "It is 40."
    model: call post_text {"text":"It is 40."} || no
    adam asks: And a little more.
    21500
    > told adam: answered Adam, shall I post this in the chat: “It is 40.”? Say yes or no.
    > tool post_text asked
    > answered Adam: Adam, shall I post this in the chat: “It is 40.”? Say yes or no.
    > says tool.spoken.ask (Adam, Adam, shall I post this in the chat: “It is 40.”?)
    > writes tool.spoken.ask (Adam, shall I post this in the chat: “It is 40.”?)
    > offers 1 buttons
    adam says (human-goforward): Yes. > heard Adam: Yes., answered Adam: no
    adam confirms > completed confirm.done, tool post_text pressed, writes "It is 40."
    `,
    'a call after the result of another tool is not asked aloud, and a yes does nothing': `
    persona instructions Be brief. > saved saved true
    model: call who_is_here || call post_text {"text":"It is 40."} || no
    adam asks: And a little more.
    > told adam: answered no
    > tool who_is_here ran
    > tool post_text asked
    > writes tool.ask (Adam) (Adam) (60)
    > offers 1 buttons
    4000 > answered Adam: no
    adam says (human-goforward): Yes. > heard Adam: Yes., answered Adam: no
    `,
    'a call that never runs without the button is not asked aloud, and a yes does nothing': `
    persona instructions Be brief. > saved saved true
    model: call leave || no
    adam asks: And a little more.
    > told adam: answered no, tool leave asked, writes tool.ask (Adam) (Adam) (60), offers 1 buttons
    4000 > answered Adam: no
    adam says (human-goforward): Yes. > heard Adam: Yes., answered Adam: no
    `,
    'a call whose values are too long for a sentence is not asked aloud, and a yes does nothing': `
    persona instructions Be brief. > saved saved true
    model: call post_text {"text":"Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho. Ho."} || no
    adam asks: And a little more.
    > told adam: answered no
    > tool post_text asked
    > writes tool.ask (Adam) (Adam) (60)
    > offers 1 buttons
    4000 > answered Adam: no
    adam says (human-goforward): Yes. > heard Adam: Yes., answered Adam: no
    `,
    'a value that cannot be said as it is is not asked aloud, and a yes does nothing': `
    persona instructions Be brief. > saved saved true
    model: call post_text {"text":"See https://evil.example now."} || no
    adam asks: And a little more.
    > told adam: answered no
    > tool post_text asked
    > writes tool.ask (Adam) (Adam) (60)
    > offers 1 buttons
    4000 > answered Adam: no
    adam says (human-goforward): Yes. > heard Adam: Yes., answered Adam: no
    `,
    'a message that somebody shows is a page: what it may have caused is not asked aloud': `
    model: call post_text {"text":"It is 40."} || no
    adam asks with message: And a little more.
    > told adam: answered no
    > tool post_text asked
    > writes tool.ask (Adam) (Adam) (60)
    > offers 1 buttons
    4000 > answered Adam: no
    adam says (human-goforward): Yes. > heard Adam: Yes., answered Adam: no
    `,
    'a yes to what could not be posted is answered as any other words': [
      {
        messages: {
          ...scribe,
          offerButtons: async () => {
            throw new BotError('discord.forbidden', false, 'Not there.');
          },
        },
      },
      `
    persona instructions Be brief. > saved saved true
    model: call post_text {"text":"It is 40."} || no
    adam asks: And a little more.
    > told adam: answered That doesn't work now. I told the operator; try again later. no
    > failed think discord.forbidden
    > tool post_text failed
    > says store.unread
    4000 > answered Adam: That doesn't work now. I told the operator; try again later. no
    requests > 2 requests
    adam says (human-goforward): Yes. > heard Adam: Yes., answered Adam: no
    requests > 3 requests
    `,
    ],
    'a person who has lost the right hears that, and nothing runs': `
    persona instructions Be brief. > saved saved true
    model: call post_text {"text":"It is 40."} || no
    adam asks: And a little more.
    > told adam: answered Adam, shall I post this in the chat: “It is 40.”? Say yes or no.
    > tool post_text asked
    > says tool.spoken.ask (Adam, shall I post this in the chat: “It is 40.”?)
    > writes tool.spoken.ask (Adam, shall I post this in the chat: “It is 40.”?)
    > offers 1 buttons
    4000 > answered Adam: Adam, shall I post this in the chat: “It is 40.”? Say yes or no.
    adam begins (human-goforward): Yes.
    2700 > heard Adam: Yes., ignored Adam: interjection
    adam goes
    3000 > tool post_text refused
    adam looks > over
    `,
    'a no to being heard is no answer to a confirmation': `
    persona instructions Be brief. > saved saved true
    model: call post_text {"text":"It is 40."} || no
    adam asks: And a little more.
    > told adam: answered Adam, shall I post this in the chat: “It is 40.”? Say yes or no.
    > tool post_text asked
    > says tool.spoken.ask (Adam, shall I post this in the chat: “It is 40.”?)
    > writes tool.spoken.ask (Adam, shall I post this in the chat: “It is 40.”?)
    > offers 1 buttons
    4000 > answered Adam: Adam, shall I post this in the chat: “It is 40.”? Say yes or no.
    adam begins (human-goforward): Yes.
    2700 > heard Adam: Yes., ignored Adam: interjection
    adam denies > isSaved true
    3000
    adam looks > over
    `,
  },
  { pieces: 2, tools, stored: { eva: { kind: 'always' } } },
);
