/** A template with one image function and one zip function of Python. */
export const template: string = `Transform: AWS::Serverless-2016-10-31
Resources:
  Image:
    Type: AWS::Serverless::Function
    Metadata: { Dockerfile: Dockerfile, DockerContext: image }
    Properties: { PackageType: Image }
  Zip:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: zip
      Handler: app.handler
      Runtime: python3.12
`;
