/** Written into every manifest; a change of any decided bit is a change of this version. */
export const ENGINE_VERSION = 'tallystick/0.1.0'
