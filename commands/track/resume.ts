import { steering } from './steering.ts';

export const resume = steering('resume');
