/** Where Sallyport runs, unless somebody says another: the plugin cannot read its configuration. */
export const SYSTEM_NAMESPACE = 'sallyport-system';
