/** How a report may look where it is printed. */
export interface Look {
  readonly colour: boolean;
  /** How many columns prose may take. */
  readonly width: number;
  /** A command of ours as it has to be typed where the report is printed, with the options of this run. */
  readonly asTyped?: (command: string) => string;
}
