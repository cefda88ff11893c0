import { steering } from './steering.ts';

export const stop = steering('stop');
