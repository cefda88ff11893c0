import { answered } from './stand-in.ts';
import { commands } from './stand-in-calls.ts';

/** Requests that the stand-in understands, but for those with free text, as rules for an embedded recogniser. */
export const standInGrammar = `
<asked> = ${[...answered, ...commands.map(({ asked }) => asked)].join('|')};
<hour> = one | two | three | four | five | six | seven | eight | nine | ten | eleven | twelve;
<small> = <hour> | thirteen | fourteen | fifteen | sixteen | seventeen | eighteen | nineteen;
<tens> = (twenty | thirty | forty | fifty) [one | two | three | four | five | six | seven | eight | nine];
<number> = <small> | <tens>;
<duration> = (a | one) (second | minute) | (an | one | half an) hour | <number> (seconds | minutes | hours);
<timer> = [set | start] (a | another) timer [for <duration>] | timer [for] <duration>;
<long> = [set] a <number> (second | minute | hour) timer;
<reminder> = remind me (in <duration> | at <hour> [o'clock]);
<cancel> = (cancel | stop | delete | remove) (the | my) (timer | reminder) [[number] <small>];
<sound> = (play | start) [some | the] (rain | applause | bell | buzzer | chime | drum roll);
<stop> = stop | stop it | stop talking | be quiet | never mind | yes | no | yes please | no thanks;
<request> = <asked> | <timer> | <long> | <reminder> | <cancel> | <sound> | <stop>;
<call> = [hey | okay | hello];
public <said> = <call> <bot> | [<call> <name>] [please | can you | could you] <request> [please | now];
`;
