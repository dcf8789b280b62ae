/** How a report may look where it is printed. */
export interface Look {
  readonly colour: boolean;
  /** How many columns prose may take. */
  readonly width: number;
}
