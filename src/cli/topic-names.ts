/** The topics of `help`, for whoever only has to name them. */
export const topicNames = ['by-hand', 'config', 'environment', 'exit-codes'] as const;
export type TopicName = (typeof topicNames)[number];
