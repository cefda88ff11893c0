import { realClock } from '#src/base/clock.ts';
import { openStandIn } from '#src/chat/stand-in.ts';
import type { Engine } from './engine.ts';

/** Rules that answer while no model is connected. */
export const chatStandIn: Engine<'chat'> = {
  role: 'chat',
  name: 'the built-in list',
  about: 'built-in stand-in',
  price: 'free',
  open() {
    const { wallMs } = realClock;
    const named = (botName: string) => openStandIn({ wallMs, random: Math.random, botName });
    return { ...named(''), named };
  },
};
