import { steering } from './steering.ts';

export const skip = steering('skip');
