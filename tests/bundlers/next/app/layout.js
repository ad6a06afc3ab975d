// The frame of the page, rendered when the application is built.
export const metadata = { title: 'Built', icons: { icon: 'data:,' } };

// The framework wants default exports.
export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
