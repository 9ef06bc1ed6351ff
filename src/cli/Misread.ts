import { Data } from "effect"

/** The words ask for nothing that there is; the command line has told so. */
export class Misread extends Data.TaggedError("Misread") {}
