import { steering } from './steering.ts';

export const pause = steering('pause');
