/** Answers as a chat model gives them, of 4 to 24 words. */
export const sentences: readonly string[] = `
What can I do for you?
The train to the city leaves from platform nine at half past seven every morning except on Sundays and holidays.
I have set a timer for ten minutes. It will ring at a quarter past four.
The capital of Australia is Canberra, not Sydney.
Sure, the next song is by a band from Iceland.
There are three cats on the roof, and one of them is asleep.
A blue whale weighs about 150 tons, as much as 25 elephants.
You asked me to remind you of the meeting with Doctor Miller.
Bread without yeast is made with baking soda and buttermilk.
The match starts in 20 minutes, so there is still time for dinner.
Water boils at 100 degrees, but on a high mountain it boils sooner.
I am sorry, I did not understand the last word.
The museum is open from 10 to 6, and the ticket costs $12.50.
Shakespeare wrote the play around the year 1599.
Yes, that is a good idea.
Her sister works in a hospital in the north of the country.
The battery of your phone is at 15%, so you should charge it.
First mix the flour and the sugar, then add two eggs and some milk.
Nobody knows when the shop opens again, but the owner will call us tomorrow.
Twelve times fifteen is 180.
`
  .trim()
  .split('\n');
